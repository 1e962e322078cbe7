<?php

return ['Hello %s' => 'Hi %s'];
