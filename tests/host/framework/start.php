<?php

namespace think;

require __DIR__ . '/base.php';

App::run()->send();
