<?php

echo 'success';
