<?php

return ['Hello %s' => '你好 %s'];
